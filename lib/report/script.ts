/**
 * The page's own script: searches the table and shows it a hundred at a time. Without it the whole table
 * stands, and the facts of every purge are open.
 */
export const SCRIPT = `(() => {
  const table = document.getElementById('users');
  if (!table) return;
  const at = (id) => document.getElementById(id);
  const rows = [...table.tBodies[0].rows];
  const PAGE = 100;
  let texts;
  let page = 0;
  const draw = () => {
    const words = at('search').value.toLowerCase().split(/\\s+/).filter(Boolean);
    const choice = at('choice').value;
    if (words.length > 0) texts ??= rows.map((row) => row.textContent.toLowerCase());
    let found = 0;
    rows.forEach((row, index) => {
      const fits = (choice === '' || row.dataset.is.split(' ').includes(choice))
        && words.every((word) => texts[index].includes(word));
      const here = fits && Math.floor(found / PAGE) === page;
      if (fits) found += 1;
      row.classList.toggle('off', !fits);
      row.classList.toggle('later', fits && !here);
    });
    const from = found === 0 ? 0 : page * PAGE + 1;
    const to = Math.min((page + 1) * PAGE, found);
    at('count').textContent = found === rows.length && found <= PAGE
      ? found + ' shown' : from + ' to ' + to + ' of ' + found + ' shown';
    at('before').disabled = page === 0;
    at('after').disabled = to >= found;
  };
  const anew = () => { page = 0; draw(); };
  at('search').addEventListener('input', anew);
  at('choice').addEventListener('change', anew);
  at('before').addEventListener('click', () => { page -= 1; draw(); });
  at('after').addEventListener('click', () => { page += 1; draw(); });
  at('tools').addEventListener('submit', (event) => event.preventDefault());
  for (const facts of table.querySelectorAll('details[open]')) facts.open = false;
  at('tools').hidden = false;
  draw();
})();`;
