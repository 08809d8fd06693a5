import {
  convertCssVariables,
  defaultCssVariablesResolver,
  mergeMantineTheme,
  DEFAULT_THEME,
} from '@mantine/core';
import type { Plugin } from 'vite';

import { cssVariables, theme } from './src/app/theme.ts';

const NAME = 'virtual:theme.css';
const RESOLVED = `\0${NAME}`;

/**
 * Writes Mantine's variables for our theme into the style sheet. Mantine would add them in a
 * `<style>` element while the page runs, which `style-src 'self'` forbids.
 */
export function themeCss(): Plugin {
  return {
    name: 'theme-css',
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      const merged = mergeMantineTheme(DEFAULT_THEME, theme);
      const defaults = defaultCssVariablesResolver(merged);
      const own = cssVariables(merged);
      return convertCssVariables({
        variables: { ...defaults.variables, ...own.variables },
        light: { ...defaults.light, ...own.light, '--mantine-color-scheme': 'light' },
        dark: { ...defaults.dark, ...own.dark, '--mantine-color-scheme': 'dark' },
      });
    },
  };
}
