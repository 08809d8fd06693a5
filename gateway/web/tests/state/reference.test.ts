import { describe, expect, test } from 'vitest';

import { fileName, readableUri, readReference } from '@/state/reference';

const ID = '0123456789abcdef0123456789abcdef';

describe('a picture can be named by', () => {
  test.each([
    ['its id', ID, { image: ID }],
    ['an id with spaces around it', `  ${ID}\n`, { image: ID }],
    ['its content', `/api/v2/collections/shoes/images/${ID}/content?v=1`, { collection: 'shoes', image: ID }],
    [
      'an absolute address',
      `https://x.org/api/v2/collections/a_1/images/${ID}`,
      { collection: 'a_1', image: ID },
    ],
    ['the article’s address', `http://127.0.0.1:8000/data/${ID}.jpg?Table=x`, { image: ID }],
    ['an address of this page', `http://h/?collection=c&image=${ID}`, { collection: 'c', image: ID }],
    ['a lightbox of this page', `http://h/library?open=${ID}`, { image: ID }],
    ['its uri', 'upload://abc.jpg', { uri: 'upload://abc.jpg' }],
    ['its uri in a bucket', 's3://bucket/a.jpg', { uri: 's3://bucket/a.jpg' }],
    ['its path', '/photos/a b.jpg', { uri: '/photos/a b.jpg' }],
    [
      'its address on the web',
      ' HTTPS://example.org/cat.jpg?a=1 ',
      { url: 'HTTPS://example.org/cat.jpg?a=1' },
    ],
    [
      'an address with what is no id',
      `http://h/?image=${ID.slice(1)}`,
      { url: `http://h/?image=${ID.slice(1)}` },
    ],
  ])('%s', (_, text, expected) => {
    expect(readReference(text)).toEqual(expected);
  });

  test.each(['', 'cat', 'https://example.org/a cat.jpg', 'http://[', ID.toUpperCase()])(
    'but not by %j',
    (text) => {
      expect(readReference(text)).toBeNull();
    },
  );
});

test('uris are shown as a person reads them', () => {
  expect(readableUri('file:///photos/%C3%9Cbung%201.jpg')).toBe('/photos/Übung 1.jpg');
  expect(readableUri('file:///photos/%FF.jpg')).toBe('/photos/%FF.jpg');
  expect(readableUri('upload://ab.jpg')).toBe('upload://ab.jpg');
  expect(fileName('file:///photos/a/b%20c.jpg')).toBe('b c.jpg');
});
