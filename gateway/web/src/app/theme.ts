import {
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
  type VariantColorsResolver,
} from '@mantine/core';

// Greys without a tint: what surrounds a picture must not colour it. The one colour is that of
// the wax pencil with which an editor marks a contact sheet.
const ink: MantineColorsTuple = [
  '#f2f2f2',
  '#e4e4e4',
  '#cfcfcf',
  '#b0b0b0',
  '#8a8a8a',
  '#6b6b6b',
  '#525252',
  '#3a3a3a',
  '#262626',
  '#171717',
];
const red: MantineColorsTuple = [
  '#fdeceb',
  '#fad4d2',
  '#f5aaa6',
  '#ff9d96',
  '#ff8a80',
  '#e0483e',
  '#c9352b',
  '#b3261e',
  '#961d16',
  '#78140f',
];

const sans = "'Hanken Grotesk Variable', ui-sans-serif, system-ui, sans-serif";
const mono = "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/** Filled things are ink on paper, or danger; both turn with the colour scheme, unlike a fixed shade. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const defaults = defaultVariantColorsResolver(input);
  if (input.variant !== 'filled') return defaults;
  const danger = input.color === 'red';
  return {
    ...defaults,
    background: danger ? 'var(--danger)' : 'var(--ink)',
    hover: danger ? 'var(--danger-strong)' : 'var(--ink-strong)',
    color: 'var(--paper)',
  };
};

// The classes stand in tokens.css.
const list = {
  defaultProps: { withScrollArea: false },
  classNames: { dropdown: 'dropdown', options: 'dropdown-options' },
};

export const theme = {
  colors: { ink, red },
  primaryColor: 'ink',
  primaryShade: { light: 9, dark: 0 },
  variantColorResolver,
  fontFamily: sans,
  fontFamilyMonospace: mono,
  fontSizes: { xs: '0.8125rem', sm: '0.875rem', md: '0.9375rem', lg: '1.125rem', xl: '1.375rem' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: {
    fontFamily: sans,
    fontWeight: '680',
    sizes: {
      h1: { fontSize: '1.75rem', lineHeight: '1.15' },
      h2: { fontSize: '1.1875rem', lineHeight: '1.3' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  defaultRadius: 'md',
  radius: { xs: '2px', sm: '4px', md: '7px', lg: '10px', xl: '16px' },
  focusRing: 'never',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // A scroll lock adds a <style> element, which the Content-Security-Policy refuses;
    // tokens.css locks the scroll instead.
    ModalRoot: { defaultProps: { lockScroll: false, centered: true } },
    // What opens beside its field is read beside it, and lies inside the page's landmarks.
    Combobox: { defaultProps: { withinPortal: false } },
    // Chromium stops its Tab key at what scrolls, and this is gone as soon as it is reached.
    ComboboxOptions: { defaultProps: { tabIndex: -1 } },
    // The list itself scrolls: a scroll area in between would be a stop of its own for the keyboard.
    Select: list,
    Autocomplete: list,
    TagsInput: list,
    Title: { defaultProps: { textWrap: 'balance' } },
    Tooltip: {
      defaultProps: { openDelay: 400, withArrow: true, events: { hover: true, focus: true, touch: false } },
    },
  },
} satisfies MantineThemeOverride;

/** Mantine's own semantic variables, told in the words of tokens.css. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--paper)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-bright': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-soft)',
    '--mantine-color-placeholder': 'var(--ink-soft)',
    '--mantine-color-anchor': 'var(--ink)',
    '--mantine-color-error': 'var(--danger)',
    '--mantine-color-default': 'var(--card)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-disabled': 'var(--sunken)',
    '--mantine-color-disabled-color': 'var(--ink-faint)',
    '--mantine-color-disabled-border': 'var(--line)',
  };
  return { variables: {}, light: shared, dark: shared };
};
