// Shows the page's live parts anew whenever the fake says that something has happened, and sends the
// forms without leaving the page.
const parts = () => document.querySelectorAll('[data-live]');
const parse = async answer => new DOMParser().parseFromString(await answer.text(), 'text/html');

let looking = false;
let again = false;

async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const answer = await fetch('/', { headers: { Accept: 'text/html' } });
    const fresh = await parse(answer);
    for (const part of parts()) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (next && next.innerHTML !== part.innerHTML) {
        replace(part, next);
      }
    }
  } catch {
    // The fake is gone, or not back yet: the events will tell.
  }
  looking = false;
  if (again) {
    again = false;
    look();
  }
}

// replace keeps the focus, and how far a list is scrolled.
function replace(part, next) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : '';
  const scrolled = part.querySelector('.rows')?.scrollTop ?? 0;
  part.innerHTML = next.innerHTML;
  if (focused) {
    document.getElementById(focused)?.focus();
  }
  const rows = part.querySelector('.rows');
  if (rows) {
    rows.scrollTop = scrolled;
  }
}

// A form that leads on to another page is sent as usual.
document.addEventListener('submit', async event => {
  const form = event.target;
  if (form.hasAttribute('data-leads-on')) {
    return;
  }
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const told = await parse(await fetch(form.action, { method: 'POST', body }));
    document.getElementById('problem').replaceChildren(...told.getElementById('problem').childNodes);
  } catch {
    location.reload(); // the browser says what is wrong
  }
  look();
});

new EventSource('/_page/events').onmessage = look;
