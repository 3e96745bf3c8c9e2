// Pictures of a third party, in three ways.
document.querySelector('#isolated').textContent = crossOriginIsolated ? 'isolated' : 'not isolated';
(async () => {
  const { cdn } = await (await fetch('/settings.json')).json();
  const list = document.querySelector('#pictures');
  const show = (path, crossOrigin) => {
    const item = document.createElement('li');
    const picture = new Image();
    const say = (word) => () => { item.textContent = `${path} ${word}`; };
    picture.addEventListener('load', say('is there'));
    picture.addEventListener('error', say('is missing'));
    if (crossOrigin) picture.crossOrigin = crossOrigin;
    picture.src = cdn + path;
    list.append(item);
  };
  show('/picture.png');
  show('/open.png');
  show('/shared.png', 'anonymous');
})();
