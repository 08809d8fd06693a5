import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';

import { Shell } from './Shell';
import { theme } from './theme';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What is away is asked again by each query's own interval; what the caller must mend, never.
      retry: false,
      // The browser's own idea of being online says nothing of a gateway on this machine.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <QueryClientProvider client={client}>
        <Shell />
        <Notifications position="bottom-center" limit={6} containerWidth="26rem" />
      </QueryClientProvider>
    </MantineProvider>
  );
}
