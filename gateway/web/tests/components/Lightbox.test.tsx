import { screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';

import Lightbox from '@/components/lightbox/Lightbox';

import { gateway } from '../support/gateway';
import { image } from '../support/models';
import { show } from '../support/render';
import { measureAs } from '../support/wide';

const pictures = ['a', 'b', 'c'].map((letter) =>
  image({ id: letter.repeat(32), uri: `file:///photos/${letter}.jpg` }),
);

const MEASURES = new Map([
  ['a'.repeat(32), { score: 0.9, distance: 0.447, match: null }],
  [
    'b'.repeat(32),
    { score: 0.8, distance: 0.632, match: null, region: { x: 0.5, y: 0, width: 0.5, height: 0.5 } },
  ],
]);

beforeEach(() => {
  measureAs(800);
  for (const one of pictures) gateway.on(`GET /api/v2/collections/shoes/images/${one.id}`, () => one);
});

/** The lightbox as a view holds it: what it asks to show is shown. */
function open(letter: string) {
  const onClose = vi.fn();
  const onShow = vi.fn();
  const onSimilar = vi.fn();
  const onExample = vi.fn();
  function Holder() {
    const [id, setId] = useState(letter.repeat(32));
    return (
      <Lightbox
        collection="shoes"
        pictures={pictures}
        open={id}
        measures={MEASURES}
        query={{ src: '/query.jpg', name: 'mine.jpg', crop: { x: 0.1, y: 0.2, width: 0.5, height: 0.5 } }}
        examples={{ like: ['a'.repeat(32)], unlike: [] }}
        onExample={onExample}
        onShow={(next) => {
          onShow(next);
          setId(next);
        }}
        onClose={onClose}
        onSimilar={onSimilar}
      />
    );
  }
  return { ...show(<Holder />), onClose, onShow, onSimilar, onExample };
}

const dialog = (letter: string) => screen.findByRole('dialog', { name: `${letter}.jpg` });

test('the picture that is open is named, with its place among the others', async () => {
  open('b');
  expect(within(await dialog('b')).getByText('2 of 3')).toBeVisible();
});

test('a picture that is not in the list shows nothing', () => {
  open('d');
  expect(screen.queryByRole('dialog')).toBeNull();
});

test.each([
  ['{ArrowRight}', 'c'],
  ['{ArrowLeft}', 'a'],
])('%s shows the next in its direction', async (key, letter) => {
  const { user } = open('b');
  await dialog('b');
  await user.keyboard(key);
  expect(await dialog(letter)).toBeInTheDocument();
});

test.each(['Escape', 'button'])('it closes by %s', async (way) => {
  const { user, onClose } = open('a');
  const close = within(await dialog('a')).getByRole('button', { name: 'Close' });
  if (way === 'button') await user.click(close);
  else await user.keyboard('{Escape}');
  expect(onClose).toHaveBeenCalledOnce();
});

test('keys that are typed into a field do not move or close it', async () => {
  const { user, onClose, onShow } = open('b');
  await user.type(
    within(await dialog('b')).getByRole('combobox', { name: 'Tags' }),
    'x{ArrowLeft}{ArrowRight}{Escape}',
  );
  expect(onClose).not.toHaveBeenCalled();
  expect(onShow).not.toHaveBeenCalled();
});

test('Escape in the question about forgetting closes the question alone', async () => {
  const { user, onClose } = open('b');
  await user.click(within(await dialog('b')).getByRole('button', { name: 'Forget' }));
  await screen.findByRole('dialog', { name: /^Forget/ });
  await user.keyboard('{Escape}');
  await waitFor(() => {
    expect(screen.queryByRole('dialog', { name: /^Forget/ })).toBeNull();
  });
  expect(onClose).not.toHaveBeenCalled();
});

test.each([
  ['a', 'b'],
  ['c', 'b'],
])('after forgetting %s it shows %s', async (letter, next) => {
  const { user, onShow, onClose } = open(letter);
  await user.click(within(await dialog(letter)).getByRole('button', { name: 'Forget' }));
  const question = await screen.findByRole('dialog', { name: /^Forget/ });
  await user.click(within(question).getByRole('button', { name: 'Forget' }));
  await waitFor(() => {
    expect(onShow).toHaveBeenCalledWith(next.repeat(32));
  });
  expect(onClose).not.toHaveBeenCalled();
});

test('Find similar names the picture that is shown', async () => {
  const { user, onSimilar } = open('b');
  await user.click(within(await dialog('b')).getByRole('button', { name: 'Find similar' }));
  expect(onSimilar).toHaveBeenCalledExactlyOnceWith('b'.repeat(32));
});

test('plus and minus name the picture and its side', async () => {
  const { user, onExample } = open('a');
  const box = within(await dialog('a'));
  expect(box.getByRole('button', { name: 'More like this' })).toHaveAttribute('aria-pressed', 'true');
  await user.click(box.getByRole('button', { name: 'Less like this' }));
  expect(onExample).toHaveBeenCalledExactlyOnceWith('a'.repeat(32), 'unlike');
});

test.each(['button', 'key'])('what was searched with is shown beside it by %s', async (way) => {
  const { user } = open('b');
  const box = within(await dialog('b'));
  const compare = box.getByRole('button', { name: 'Compare' });
  expect(box.queryByRole('img', { name: 'Searched with: mine.jpg' })).toBeNull();
  if (way === 'button') await user.click(compare);
  else await user.keyboard('c');
  expect(box.getByRole('img', { name: 'Searched with: mine.jpg' })).toBeVisible();
  expect(compare).toHaveAttribute('aria-pressed', 'true');
  // The next one is compared too.
  await user.keyboard('{ArrowRight}');
  expect(within(await dialog('c')).getByRole('img', { name: 'Searched with: mine.jpg' })).toBeInTheDocument();
  await user.keyboard('c');
  expect(screen.queryByRole('img', { name: 'Searched with: mine.jpg' })).toBeNull();
});

test('the part that a hit was found by is outlined, and of a whole picture nothing is', async () => {
  open('b');
  const box = within(await dialog('b'));
  const outlines = await box.findAllByRole('img', { name: 'The part that was found' });
  expect(outlines).toHaveLength(1);
  expect(outlines[0]).toHaveAttribute('viewBox', '0 0 400 300');
  const frame = outlines[0]?.querySelector('rect:last-child');
  expect(frame).toHaveAttribute('x', '200');
  expect(frame).toHaveAttribute('y', '0');
  expect(frame).toHaveAttribute('width', '200');
  expect(frame).toHaveAttribute('height', '150');
  expect(box.getByText('a part, which is outlined')).toBeVisible();
});
