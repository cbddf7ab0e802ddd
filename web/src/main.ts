import '@fontsource-variable/noto-sans-sc';
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { loadPageFont } from './map/fonts.ts';
import { ground } from './state/city.svelte.ts';

const started = ground.load();
// The page may come in a fallback font when the server is slow, but never stay away.
await Promise.race([loadPageFont(), new Promise((resolve) => setTimeout(resolve, 3000))]);
await started;

mount(App, { target: document.getElementById('app')! });
