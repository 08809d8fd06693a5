import { describe, expect, test } from 'vitest';

import { ApiProblem } from '@/api/problem';
import { LISTED_ADDRESSES } from '@/api/rules';
import { faultsOf, hasColumns, NO_DRAFTS, readAddresses, sourceOf } from '@/state/sources';

const address = (index: number) => `https://example.org/${index}.jpg`;

describe('addresses in a text', () => {
  test('are taken once each, whatever is between them, without remarks', () => {
    const text = `# pictures\r\n${address(1)}\r\n\n  ${address(2)} ${address(1)}\n#${address(3)}`;
    expect(readAddresses(text)).toEqual({ urls: [address(1), address(2)], fault: null });
    expect(readAddresses('')).toEqual({ urls: [], fault: null });
  });

  test.each(['photo.jpg', 'file:///etc/passwd', 'https:///a.jpg', 'https://'])('are not %s', (word) => {
    expect(readAddresses(`${address(1)}\n${word}`).fault).toMatch(/^Line 2 is no address/);
  });

  test('are no more than a request takes', () => {
    const most = Array.from({ length: LISTED_ADDRESSES.maxItems }, (_, index) => address(index));
    expect(readAddresses(most.join('\n')).fault).toBeNull();
    expect(readAddresses([...most, address(-1)].join('\n')).fault).toMatch(
      /^These are 10,001 addresses, and 10,000 are the most/,
    );
  });
});

describe('a source', () => {
  const urls = (draft: Partial<typeof NO_DRAFTS.urls>) =>
    sourceOf('urls', { ...NO_DRAFTS, urls: { ...NO_DRAFTS.urls, from: 'file', ...draft } });

  test('is none before it is whole', () => {
    expect(sourceOf('directory', NO_DRAFTS)).toBeNull();
    expect(sourceOf('urls', NO_DRAFTS)).toBeNull();
    expect(urls({ text: address(1) })).toBeNull();
    expect(urls({ path: '/a.csv', column: ' ' })).toBeNull();
    expect(urls({ from: 'text', text: 'a' })).toBeNull();
  });

  test('has a column where the file has', () => {
    expect(urls({ path: ' /a.CSV ', column: ' url ' })).toEqual({
      kind: 'urls',
      path: '/a.CSV',
      column: 'url',
    });
    expect(urls({ path: '/a.txt', column: 'url' })).toEqual({ kind: 'urls', path: '/a.txt', column: null });
    expect(['/a.tsv', '/a.parquet', '/a.pq', '/a', '/a.csv/b'].map(hasColumns)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('what is wrong with a source', () => {
  test('stands at its field', () => {
    expect(faultsOf(null)).toEqual({ fields: {}, rest: null });
    const missing = faultsOf(new ApiProblem(422, 'path_not_found', ''));
    expect(missing.fields.path).toMatch(/^There is no such folder or file/);
    expect(missing.rest).toBeNull();
  });

  test('stands at each of its fields, and below them where there is none', () => {
    const errors = [
      { field: 'body.source.pattern', message: 'too long' },
      { field: 'body.source.urls.4', message: 'too long' },
      { field: 'body.source.urls.5', message: 'too short' },
      { field: 'body.tags.0', message: 'too short' },
    ];
    expect(faultsOf(new ApiProblem(422, 'validation_error', '', '', errors))).toEqual({
      fields: { pattern: 'too long', urls: 'Number 5: too long' },
      rest: 'tags.0: too short',
    });
  });

  test('that is of no field stands below them', () => {
    expect(faultsOf(new ApiProblem(429, 'queue_full', '')).rest).toMatch(/^Too much is waiting/);
    expect(faultsOf(new Error('?')).rest).toMatch(/^Something went wrong/);
  });
});
