import '@fontsource-variable/noto-sans-sc';
import './app.css';
import { mount } from 'svelte';
import { session } from './accounts/session.svelte.ts';
import { loadPageFont } from './map/fonts.ts';
import Root from './Root.svelte';
import { ground } from './state/city.svelte.ts';

// Nobody is told of the city before it is known who asks.
const started = session.load().then(() => (session.reads ? ground.load() : undefined));
// The page may come in a fallback font when the server is slow, but never stay away.
await Promise.race([loadPageFont(), new Promise((resolve) => setTimeout(resolve, 3000))]);
await started;

mount(Root, { target: document.getElementById('app')! });
