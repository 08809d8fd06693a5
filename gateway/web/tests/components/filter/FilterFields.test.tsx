import { screen } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';

import type { FilterFaults } from '@/api/filter';
import type { ImageFilter } from '@/api/models';
import { FilterFields } from '@/components/filter/FilterFields';

import { show } from '../../support/render';

function open(changes: Partial<ImageFilter> = {}, faults: FilterFaults = new Map()) {
  const filter = { where: [], ...changes };
  const onChange = vi.fn();
  return {
    ...show(<FilterFields collection="shoes" filter={filter} faults={faults} onChange={onChange} />),
    onChange,
  };
}

const tag = () => screen.getByRole('combobox', { name: 'With tag' });
const folder = () => screen.getByRole('combobox', { name: 'In folder' });

describe('a filter', () => {
  test('is not taken while it is typed, but on Enter, without spaces around it', async () => {
    const { user, onChange } = open({ folder: '/photos' });
    await user.type(tag(), ' red ');
    expect(onChange).not.toHaveBeenCalled();
    await user.keyboard('{Enter}');
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ tag: 'red', folder: '/photos', where: [] });
  });

  test('is taken when its field is left', async () => {
    const { user, onChange } = open({ tag: 'red' });
    await user.type(folder(), '/photos/2024');
    await user.click(tag());
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ tag: 'red', folder: '/photos/2024', where: [] });
  });

  test('that did not change is not taken again', async () => {
    const { user, onChange } = open({ tag: 'red' });
    await user.click(tag());
    await user.keyboard('{Enter}');
    await user.click(folder());
    expect(onChange).not.toHaveBeenCalled();
  });

  test('is cleared by its button', async () => {
    const { user, onChange } = open({ tag: 'red', folder: '/photos' });
    await user.click(screen.getByRole('button', { name: 'Any tag' }));
    expect(onChange).toHaveBeenCalledWith({ tag: undefined, folder: '/photos', where: [] });
    await user.click(screen.getByRole('button', { name: 'Clear: In folder' }));
    expect(onChange).toHaveBeenLastCalledWith({ tag: 'red', folder: undefined, where: [] });
  });

  test('follows the address', () => {
    open({ tag: 'red', folder: '/photos' });
    expect(tag()).toHaveValue('red');
    expect(folder()).toHaveValue('/photos');
  });
});
