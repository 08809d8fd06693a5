import { describe, expect, test } from 'vitest';

import { fileName, fileUri, imageId, readableUri, readReference } from '@/state/reference';

const ID = '0123456789abcdef0123456789abcdef';

describe('a stored image can be named by', () => {
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
    ['its uri', 'upload://abc.jpg', { image: imageId('upload://abc.jpg') }],
    ['its path', '/photos/a b.jpg', { image: imageId('file:///photos/a%20b.jpg') }],
  ])('%s', (_, text, expected) => {
    expect(readReference(text)).toEqual(expected);
  });

  test.each([
    '',
    'cat',
    'https://example.org/cat.jpg',
    `http://h/?image=${ID.slice(1)}`,
    'http://[',
    ID.toUpperCase(),
  ])('but not by %j', (text) => {
    expect(readReference(text)).toBeNull();
  });
});

test('ids are the gateway’s: the first half of the uri’s sha256', () => {
  // shared/files/uris.py: image_id("file:///photos/2024/beach.jpg")
  expect(imageId('file:///photos/2024/beach.jpg')).toBe('ae9ff48c8baa4bc63f5344cf8eddbaea');
});

test('paths are percent-encoded as by Python’s quote', () => {
  // shared/files/uris.py: file_uri("/photos/Übung (1)/it's~100%*!.jpg")
  expect(fileUri("/photos/Übung (1)/it's~100%*!.jpg")).toBe(
    'file:///photos/%C3%9Cbung%20%281%29/it%27s~100%25%2A%21.jpg',
  );
});

test('uris are shown as a person reads them', () => {
  expect(readableUri('file:///photos/%C3%9Cbung%201.jpg')).toBe('/photos/Übung 1.jpg');
  expect(readableUri('file:///photos/%FF.jpg')).toBe('/photos/%FF.jpg');
  expect(readableUri('upload://ab.jpg')).toBe('upload://ab.jpg');
  expect(fileName('file:///photos/a/b%20c.jpg')).toBe('b c.jpg');
});
