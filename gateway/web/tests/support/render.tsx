import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import type { ReactNode } from 'react';

import { theme } from '@/app/theme';

/** Shows a part of the page as the page does, and gives a person to use it. */
export function show(part: ReactNode, { address = '/' } = {}) {
  window.history.replaceState(null, '', address);
  const client = new QueryClient({
    defaultOptions: {
      queries: { retry: false, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
  const view = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>{part}</QueryClientProvider>
    </MantineProvider>,
  );
  return { ...view, client, user: userEvent.setup() };
}
