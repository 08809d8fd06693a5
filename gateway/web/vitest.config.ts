import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const alias = { '@': fileURLToPath(new URL('./src', import.meta.url)) };

export default defineConfig({
  test: {
    projects: [
      { resolve: { alias }, test: { name: 'logic', include: ['tests/**/*.test.ts'], environment: 'node' } },
      {
        resolve: { alias },
        test: {
          name: 'components',
          include: ['tests/**/*.test.tsx'],
          environment: 'jsdom',
          setupFiles: ['tests/support/browser.ts'],
          // The machine may be busy with the gateway's own tests.
          testTimeout: 20_000,
        },
      },
    ],
  },
});
