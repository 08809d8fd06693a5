import { screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';

import type { FilterFaults } from '@/api/filter';
import type { Rule } from '@/api/models';
import { FilterRules } from '@/components/filter/FilterRules';

import { gateway } from '../../support/gateway';
import { show } from '../../support/render';

const WIDE: Rule = { field: 'width', is: 'least', value: '640' };
const FACETS = 'GET /api/v2/collections/shoes/facets';

function open(first: readonly Rule[] = [], faults: FilterFaults = new Map()) {
  const onChange = vi.fn();
  function Holder() {
    const [rules, setRules] = useState(first);
    return (
      <>
        <FilterRules
          collection="shoes"
          rules={rules}
          faults={faults}
          onChange={(next) => {
            onChange(next);
            setRules(next);
          }}
        />
        <button
          type="button"
          onClick={() => {
            setRules([WIDE]);
          }}
        >
          Back
        </button>
      </>
    );
  }
  return { ...show(<Holder />), onChange };
}

const field = (number: number) => screen.getByRole('combobox', { name: `Field of condition ${number}` });
const add = () => screen.getByRole('button', { name: 'Add a condition' });

test('a condition is taken once it has a value', async () => {
  const { user, onChange } = open();
  await user.click(add());
  await user.selectOptions(field(1), 'Width');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Comparison of condition 1' }), 'at most');
  expect(onChange).not.toHaveBeenCalled();
  await user.type(screen.getByRole('textbox', { name: 'Value of condition 1' }), '800{Enter}');
  expect(onChange).toHaveBeenCalledExactlyOnceWith([{ field: 'width', is: 'most', value: '800' }]);
});

test('a folder is left out by default', async () => {
  const { user, onChange } = open([WIDE]);
  await user.click(add());
  await user.type(screen.getByRole('combobox', { name: 'Value of condition 2' }), '/photos/old{Enter}');
  expect(onChange).toHaveBeenCalledWith([WIDE, { field: 'folder', is: 'not', value: '/photos/old' }]);
});

test('values of the metadata are suggested with their counts', async () => {
  gateway.on(FACETS, ({ query }) => ({
    field: query.field,
    items: [{ value: 5, count: 1204 }],
    looked_at: 3000,
    complete: true,
  }));
  const { user, onChange } = open();
  await user.click(add());
  await user.selectOptions(field(1), 'Metadata');
  await user.type(screen.getByRole('textbox', { name: /^Name in the metadata/ }), 'rating{Enter}');
  await user.click(screen.getByRole('combobox', { name: 'Value of condition 1' }));
  const option = await screen.findByRole('option', { name: /^5/ });
  expect(within(option).getByText('1,204')).toBeInTheDocument();
  await user.click(option);
  expect(onChange).toHaveBeenCalledWith([{ field: 'metadata.rating', is: 'is', value: '5' }]);
  expect(gateway.calls(FACETS)[0]?.query).toMatchObject({ field: 'metadata.rating', prefix: '' });
});

test('a name that no filter can go by is said so beside it, and is no other filter', async () => {
  const { user, onChange } = open([WIDE]);
  await user.click(add());
  await user.selectOptions(field(2), 'Metadata');
  const name = screen.getByRole('textbox', { name: /^Name in the metadata/ });
  await user.type(name, 'a~is{Enter}');
  await user.type(screen.getByRole('combobox', { name: 'Value of condition 2' }), 'x{Enter}');
  expect(await screen.findByText(/^No filter can go by/)).toBeVisible();
  expect(name).toBeInvalid();
  expect(onChange).not.toHaveBeenCalled();
  await user.clear(name);
  await user.type(name, 'a{Enter}');
  expect(onChange).toHaveBeenCalledExactlyOnceWith([WIDE, { field: 'metadata.a', is: 'is', value: 'x' }]);
});

test('no more conditions are offered than an address keeps', () => {
  open(Array.from({ length: 50 }, () => WIDE));
  expect(add()).toBeDisabled();
});

test('a value that cannot be meant is said so beside its field', async () => {
  const { user } = open();
  await user.click(add());
  await user.selectOptions(field(1), 'File size');
  await user.type(screen.getByRole('textbox', { name: 'Value of condition 1' }), 'large{Enter}');
  expect(await screen.findByText('Write a number of megabytes.')).toBeVisible();
  expect(screen.getByRole('textbox', { name: 'Value of condition 1' })).toBeInvalid();
});

test('what the API finds wrong stands beside its field', () => {
  open([WIDE, { field: 'metadata.a', is: 'is', value: 'x' }], new Map([[1, 'is no name']]));
  const second = screen.getByRole('group', { name: 'Condition 2' });
  expect(within(second).getByText('is no name')).toBeVisible();
});

test('a condition is removed, and the address is followed', async () => {
  const { user, onChange } = open([WIDE]);
  await user.click(screen.getByRole('button', { name: 'Remove condition 1' }));
  expect(onChange).toHaveBeenCalledExactlyOnceWith([]);
  expect(screen.queryByRole('group', { name: 'Condition 1' })).toBeNull();
  // One without a value yet does not outlive what comes from elsewhere.
  await user.click(add());
  await user.click(screen.getByRole('button', { name: 'Back' }));
  await waitFor(() => {
    expect(field(1)).toHaveValue('width');
  });
  expect(screen.queryByRole('group', { name: 'Condition 2' })).toBeNull();
});
