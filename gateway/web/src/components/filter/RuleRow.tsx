import { CloseButton, NativeSelect, TextInput } from '@mantine/core';

import { comparisonsOf, faultOf, kindOf, METADATA, nameFaultOf } from '@/api/filter';
import type { Comparison, Rule } from '@/api/models';
import { FORMATS } from '@/api/rules';

import { PathField } from '../PathField';
import { useDraft } from '../useDraft';
import { FacetField } from './FacetField';
import classes from './FilterFields.module.css';

interface RuleRowProps {
  collection: string;
  /** Its place among the conditions, from 1: fields of several have names of their own. */
  number: number;
  rule: Rule;
  /** What the API found wrong with it. */
  fault: string | undefined;
  onChange: (rule: Rule) => void;
  onRemove: () => void;
}

const FIELDS = [
  { value: 'folder', label: 'Folder' },
  { value: 'tags', label: 'Tag' },
  { value: 'format', label: 'Format' },
  { value: 'width', label: 'Width' },
  { value: 'height', label: 'Height' },
  { value: 'bytes', label: 'File size' },
  { value: 'taken_at', label: 'Taken' },
  { value: 'camera', label: 'Camera' },
  { value: 'lens', label: 'Lens' },
  { value: 'added_at', label: 'Added' },
  { value: 'modified_at', label: 'File changed' },
  { value: METADATA, label: 'Metadata' },
];

const WORDS: Readonly<Record<Comparison, string>> = {
  is: 'is',
  not: 'is not',
  least: 'at least',
  most: 'at most',
};
const DAY_WORDS = { ...WORDS, least: 'from', most: 'until' };
const FOLDER_WORDS = { ...WORDS, is: 'in', not: 'not in' };

/** One condition: a field, what is asked of it, and a value. */
export function RuleRow({ collection, number, rule, fault, onChange, onRemove }: RuleRowProps) {
  const kind = kindOf(rule.field);
  const words = kind === 'day' || kind === 'taken' ? DAY_WORDS : kind === 'folder' ? FOLDER_WORDS : WORDS;
  const comparisons = kind ? comparisonsOf(kind) : [];
  const name = rule.field === METADATA ? null : nameFaultOf(rule.field);
  const own = rule.value === '' || name !== null ? null : faultOf(rule);
  const choose = (field: string) => {
    const next = kindOf(field);
    const [first = 'is'] = next ? comparisonsOf(next) : [];
    onChange({ field, is: first, value: '' });
  };
  return (
    <div className={classes.rule} role="group" aria-label={`Condition ${number}`}>
      <NativeSelect
        className={classes.field ?? ''}
        aria-label={`Field of condition ${number}`}
        data={FIELDS}
        value={kind === 'metadata' ? METADATA : rule.field}
        onChange={(event) => {
          choose(event.currentTarget.value);
        }}
      />
      {kind === 'metadata' && (
        <SettledInput
          label={`Name in the metadata of condition ${number}`}
          placeholder="Name"
          settled={rule.field.slice(METADATA.length)}
          fault={name ?? undefined}
          onSettled={(name) => {
            onChange({ ...rule, field: `${METADATA}${name}` });
          }}
        />
      )}
      <NativeSelect
        className={classes.is ?? ''}
        aria-label={`Comparison of condition ${number}`}
        data={comparisons.map((value) => ({ value, label: words[value] }))}
        value={rule.is}
        onChange={(event) => {
          const is = comparisons.find((one) => one === event.currentTarget.value);
          if (is) onChange({ ...rule, is });
        }}
      />
      <div className={classes.value}>
        <ValueField
          collection={collection}
          rule={rule}
          label={`Value of condition ${number}`}
          fault={fault ?? own ?? undefined}
          onSettled={(value) => {
            onChange({ ...rule, value });
          }}
        />
      </div>
      <CloseButton
        className={classes.remove ?? ''}
        aria-label={`Remove condition ${number}`}
        onClick={onRemove}
      />
    </div>
  );
}

interface ValueFieldProps {
  collection: string;
  rule: Rule;
  label: string;
  fault: string | undefined;
  onSettled: (value: string) => void;
}

function ValueField({ collection, rule, label, fault, onSettled }: ValueFieldProps) {
  const kind = kindOf(rule.field);
  const settled = rule.value;
  const field = { settled, label, fault, onSettled };
  switch (kind) {
    case 'tag':
    case 'name':
    case 'metadata':
      return (
        <FacetField
          collection={collection}
          field={rule.field}
          aria-label={label}
          settled={settled}
          fault={fault}
          onSettled={onSettled}
        />
      );
    case 'folder':
      return <FolderValue {...field} />;
    case 'format':
      return (
        <NativeSelect
          aria-label={label}
          data={[{ value: '', label: 'Choose…' }, ...FORMATS]}
          value={settled}
          error={fault}
          onChange={(event) => {
            onSettled(event.currentTarget.value);
          }}
        />
      );
    case 'day':
    case 'taken':
      return <SettledInput {...field} type="date" />;
    case 'pixels':
      return <SettledInput {...field} unit="px" />;
    case 'megabytes':
      return <SettledInput {...field} unit="MB" />;
    case null:
      return null;
  }
}

interface SettledInputProps {
  label: string;
  placeholder?: string;
  type?: 'date';
  unit?: string;
  settled: string;
  fault?: string | undefined;
  onSettled: (value: string) => void;
}

/** A text that is taken on Enter and on leaving the field. */
function SettledInput({ label, placeholder, type, unit, settled, fault, onSettled }: SettledInputProps) {
  const [text, setText] = useDraft(settled);
  const settle = () => {
    if (text.trim() !== settled) onSettled(text.trim());
  };
  return (
    <TextInput
      className={classes.value ?? ''}
      aria-label={label}
      placeholder={placeholder ?? ''}
      type={type ?? 'text'}
      inputMode={unit ? 'decimal' : 'text'}
      rightSection={unit && <span className={classes.unit}>{unit}</span>}
      value={text}
      error={fault}
      onChange={(event) => {
        setText(event.currentTarget.value);
      }}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === 'Enter') settle();
      }}
    />
  );
}

function FolderValue({ settled, label, fault, onSettled }: SettledInputProps) {
  const [text, setText] = useDraft(settled);
  return (
    <PathField
      label={label}
      labelHidden
      placeholder="/photos/2024"
      value={text}
      fault={fault}
      onChange={setText}
      onSettled={(next) => {
        if (next.trim() !== settled) onSettled(next.trim());
      }}
    />
  );
}
