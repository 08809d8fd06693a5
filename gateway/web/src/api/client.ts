import createClient from 'openapi-fetch';

import type { paths } from './schema';

/** The v2 API of the gateway that served this page; the session cookie goes with each call. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' });
