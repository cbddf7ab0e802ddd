import { decodeView, encodeView, type View } from './url.ts';

/** What is being looked at. Every part of the page reads and writes this one value. */
export const view: View = $state(decodeView(location.search));

/** Forgets how classes were drawn by hand: another measure is drawn its own way. */
export function drawAnew(): void {
  view.method = '';
  view.breaks = [];
  view.palette = '';
}

/** The other language, which the address keeps where no map does: it outlives signing in. */
export function switchLanguage(): void {
  view.lang = view.lang === 'zh' ? 'en' : 'zh';
  const address = encodeView(view);
  history.replaceState(null, '', location.pathname + (address && `?${address}`) + location.hash);
}

/** Takes over another view, from the browser's history. */
function restore(): void {
  Object.assign(view, decodeView(location.search));
}

/** The address without what a hand moves steadily: the camera and the sliders. */
const decisions = (address: string) => address.replace(/(^|&)(map|cutoff|circle_m|departure|arrive|flows|thresholds|poverty_line)=[^&]*/g, '');

/**
 * Keeps the address and the view the same. A moved map or slider replaces the entry in the history,
 * anything else adds one, so that "back" undoes decisions and not motions. Call once, inside a component.
 */
export function keepAddress(): void {
  $effect(() => {
    const address = encodeView(view);
    const timer = setTimeout(() => {
      const shown = location.search.replace(/^\?/, '');
      if (address === shown) return;
      const target = address ? `?${address}` : location.pathname;
      if (decisions(address) === decisions(encodeView(decodeView(shown)))) history.replaceState(null, '', target);
      else history.pushState(null, '', target);
    }, 250);
    return () => clearTimeout(timer);
  });
  $effect(() => {
    window.addEventListener('popstate', restore);
    return () => window.removeEventListener('popstate', restore);
  });
}
