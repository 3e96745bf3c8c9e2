// A button that comes after 800 ms; with `?never` it never does.
if (!location.search.includes('never')) {
  setTimeout(() => {
    const button = document.createElement('button');
    button.id = 'late';
    button.textContent = 'At last';
    button.addEventListener('click', () => {
      document.querySelector('h1').textContent = 'Clicked';
    });
    document.querySelector('#place').append(button);
  }, 800);
}
