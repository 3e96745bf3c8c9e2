// Ten popups by one click.
document.querySelector('#open').addEventListener('click', () => {
  const opened = [];
  for (let number = 1; number <= 10; number += 1) {
    opened.push(window.open(`/leaf/${number}`, `leaf-${number}`, 'width=300,height=200'));
  }
  document.querySelector('#opened').textContent = `${opened.filter(Boolean).length} opened`;
});
