() => {
  // Follows the conversation as it is redrawn: the newest message in view, the focus in the text
  // box, the document's language and title those of the page.
  const MARGIN = 10;
  const title = document.title;
  let shown = null;

  const follow = (talk) => {
    const bubbles = talk.querySelectorAll('.bubble, .notice');
    const newest = bubbles[bubbles.length - 1];
    const asked = [...talk.querySelectorAll('.bubble.shopper')].pop();
    if (!newest) return;
    // From the question on, where the answer's first lines are in view with it.
    const together = asked && newest.offsetTop + 90 < asked.offsetTop + talk.clientHeight;
    talk.scrollTop = (together ? asked : newest).offsetTop - MARGIN;
  };

  const focus = () => {
    const box = document.querySelector('#message textarea, #message input');
    const now = document.activeElement;
    const free = !now || now === document.body || now.closest('.quick, #send');
    // On a touch screen a focus would bring up the keyboard over the answer.
    if (box && !box.disabled && free && matchMedia('(pointer: fine)').matches) {
      box.focus({ preventScroll: true });
    }
  };

  const look = () => {
    const waiting = document.querySelector('[data-waiting]')?.dataset.waiting;
    const named = waiting && waiting !== '0' ? `(${waiting}) ${title}` : title;
    if (document.title !== named) document.title = named;
    const talk = document.querySelector('.talk');
    if (!talk || talk.dataset.newest === shown) return;
    shown = talk.dataset.newest;
    document.documentElement.lang = talk.lang;
    requestAnimationFrame(() => { follow(talk); focus(); });
    setTimeout(focus, 150); // a button just used is hidden a little later
  };

  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['data-newest', 'data-waiting'],
  });
  look();
}
