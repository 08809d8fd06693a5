import { CloseButton } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';

import type { FilterFaults } from '@/api/filter';
import type { ImageFilter } from '@/api/models';

import { PathField } from '../PathField';
import { useDraft } from '../useDraft';
import { FacetField } from './FacetField';
import classes from './FilterFields.module.css';
import { FilterRules } from './FilterRules';

interface FilterFieldsProps {
  collection: string;
  filter: ImageFilter;
  /** What the API found wrong with it. */
  faults?: FilterFaults;
  onChange: (filter: ImageFilter) => void;
}

const NO_FAULTS: FilterFaults = new Map();

/** Narrows to a tag, to a folder and by further conditions; each is taken on Enter, on choosing, and on leaving. */
export function FilterFields({ collection, filter, faults = NO_FAULTS, onChange }: FilterFieldsProps) {
  const { tag, folder, where } = filter;
  const setTag = (next: string) => {
    onChange({ tag: next || undefined, folder, where });
  };
  return (
    <div className={classes.filter}>
      <div className={classes.fields}>
        <FacetField
          collection={collection}
          field="tags"
          label="With tag"
          placeholder="Any tag"
          leftSection={<IconTag size={16} aria-hidden />}
          rightSection={
            tag && (
              <CloseButton
                size="sm"
                aria-label="Any tag"
                onClick={() => {
                  setTag('');
                }}
              />
            )
          }
          settled={tag ?? ''}
          fault={faults.get('tag')}
          onSettled={setTag}
        />
        <FolderFilter
          settled={folder ?? ''}
          fault={faults.get('folder')}
          onSettled={(next) => {
            onChange({ tag, folder: next || undefined, where });
          }}
        />
      </div>
      <FilterRules
        collection={collection}
        rules={where}
        faults={faults}
        onChange={(next) => {
          onChange({ tag, folder, where: next });
        }}
      />
    </div>
  );
}

interface FolderFilterProps {
  settled: string;
  fault: string | undefined;
  onSettled: (text: string) => void;
}

function FolderFilter({ settled, fault, onSettled }: FolderFilterProps) {
  const [text, setText] = useDraft(settled);
  return (
    <PathField
      label="In folder"
      placeholder="Any folder"
      value={text}
      fault={fault}
      onChange={setText}
      onSettled={(next) => {
        if (next.trim() !== settled) onSettled(next.trim());
      }}
    />
  );
}
