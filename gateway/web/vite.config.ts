import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { themeCss } from './theme-css.ts';

const gateway = { target: 'http://127.0.0.1:8000', changeOrigin: false };

export default defineConfig({
  plugins: [react(), themeCss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    proxy: { '/api': gateway, '/data': gateway, '/docs': gateway, '/redoc': gateway, '/health': gateway },
  },
  build: {
    // The first versions that know `light-dark()`, so that it stays as written.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // An inlined asset would be a data: address, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    // The polyfill is an inline script.
    modulePreload: { polyfill: false },
    manifest: true,
  },
});
