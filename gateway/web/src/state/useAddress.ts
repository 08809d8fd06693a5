import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

import { readLibrary, readSearch, writeLibrary, writeSearch, type Written } from './address';

interface Codec<Address> {
  read: (params: URLSearchParams) => Address;
  write: (address: Address) => Written;
}

const SEARCH = { read: readSearch, write: writeSearch };
const LIBRARY = { read: readLibrary, write: writeLibrary };

export type Change<Address> = (change: Partial<Address>, options?: { replace?: boolean }) => void;

/** The state that a view keeps in its address, and a way to change some of it. */
function useAddress<Address>({ read, write }: Codec<Address>): [Address, Change<Address>] {
  const [params, setParams] = useSearchParams();
  const address = useMemo(() => read(params), [params, read]);
  const change = useCallback<Change<Address>>(
    (part, options) => {
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(write({ ...read(before), ...part }))) {
            after.delete(name);
            for (const one of typeof value === 'object' ? value : [value]) {
              if (one !== undefined) after.append(name, one);
            }
          }
          return after;
        },
        { replace: options?.replace ?? false },
      );
    },
    [setParams, read, write],
  );
  return [address, change];
}

export const useSearchAddress = () => useAddress(SEARCH);
export const useLibraryAddress = () => useAddress(LIBRARY);
