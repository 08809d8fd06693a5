import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';

import type { FilterFaults } from '@/api/filter';
import type { Rule } from '@/api/models';
import { isWritable, MOST_RULES, writeRule } from '@/state/rules';

import classes from './FilterFields.module.css';
import { RuleRow } from './RuleRow';

interface FilterRulesProps {
  collection: string;
  rules: readonly Rule[];
  faults: FilterFaults;
  onChange: (rules: readonly Rule[]) => void;
}

interface Row {
  key: number;
  rule: Rule;
}

let lastKey = 0;
const rowOf = (rule: Rule): Row => ({ key: ++lastKey, rule });

/** Conditions, all of which hold; one without a value yet, or whose row says that it cannot be, is not taken. */
export function FilterRules({ collection, rules, faults, onChange }: FilterRulesProps) {
  const text = textOf(rules);
  const [followed, setFollowed] = useState(text);
  const [rows, setRows] = useState(() => rules.map(rowOf));
  if (followed !== text) {
    // The address changed: by what was set here, or from elsewhere, as by Back.
    setFollowed(text);
    if (textOf(completeOf(rows)) !== text) setRows(rules.map(rowOf));
  }
  const take = (next: Row[]) => {
    setRows(next);
    const complete = completeOf(next);
    if (textOf(complete) !== text) onChange(complete);
  };
  const complete = completeOf(rows);
  return (
    <fieldset className={classes.rules}>
      <legend className="visually-hidden">Further conditions</legend>
      {rows.map((row, index) => (
        <RuleRow
          key={row.key}
          collection={collection}
          number={index + 1}
          rule={row.rule}
          fault={faults.get(complete.indexOf(row.rule))}
          onChange={(rule) => {
            take(rows.map((one) => (one.key === row.key ? { ...one, rule } : one)));
          }}
          onRemove={() => {
            take(rows.filter(({ key }) => key !== row.key));
          }}
        />
      ))}
      <Button
        className={classes.add ?? ''}
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        disabled={rows.length >= MOST_RULES}
        onClick={() => {
          setRows([...rows, rowOf({ field: 'folder', is: 'not', value: '' })]);
        }}
      >
        Add a condition
      </Button>
    </fieldset>
  );
}

function completeOf(rows: readonly Row[]): Rule[] {
  return rows.map(({ rule }) => rule).filter(isWritable);
}

function textOf(rules: readonly Rule[]): string {
  return JSON.stringify(rules.map(writeRule));
}
