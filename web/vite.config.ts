import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The server that answers while the pages are being worked on.
const server = process.env['SUITU_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // A strict content policy allows no `data:` fonts, so every file stays a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1300,
  },
  server: {
    proxy: { '/api': server, '/tiles': server, '/styles': server, '/health': server },
  },
});
