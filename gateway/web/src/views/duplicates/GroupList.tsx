import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import type { DuplicateGroup } from '@/api/models';
import { ForgetDialog } from '@/components/ForgetDialog';
import { useHidden } from '@/state/decisions';

import classes from './GroupList.module.css';
import { GroupCard } from './GroupCard';
import { useDecide } from './useDecide';

interface GroupListProps {
  collection: string;
  groups: readonly DuplicateGroup[];
  total: number;
  hasMore: boolean;
  loading: boolean;
  loadMore: () => void;
}

interface Question {
  group: DuplicateGroup;
  keep: string;
}

const KEYS = 'group-keys';

/**
 * The groups one below the other. J and K move between them, the arrow keys choose what to keep, F
 * forgets the others, N says that they are no duplicates; the next group then has the focus.
 */
export function GroupList({ collection, groups, total, hasMore, loading, loadMore }: GroupListProps) {
  const list = useRef<HTMLOListElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const wanted = useRef<number | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const hidden = useHidden(collection);
  const { dismiss, resolve } = useDecide(collection);

  /** Puts the focus on the picture of a group that is to be kept, where the arrow keys work. */
  const focusOn = (index: number) => {
    const group = list.current?.querySelectorAll<HTMLElement>('[data-group]')[index];
    group?.querySelector<HTMLElement>('input:checked')?.focus();
  };
  // What was decided leaves the list; whoever works through it by keyboard stands at the next one.
  useEffect(() => {
    if (wanted.current === null) return;
    focusOn(Math.min(wanted.current, groups.length - 1));
    wanted.current = null;
  }, [groups]);

  const more = useRef(loadMore);
  useEffect(() => {
    more.current = loadMore;
  }, [loadMore]);
  useEffect(() => {
    const mark = end.current;
    if (!mark || !hasMore || loading || !('IntersectionObserver' in window)) return undefined;
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) more.current();
      },
      { rootMargin: '1500px' },
    );
    watch.observe(mark);
    return () => {
      watch.disconnect();
    };
  }, [hasMore, loading, groups.length]);

  const others = question ? othersOf(question, hidden) : [];
  return (
    <>
      <p id={KEYS} className="visually-hidden">
        J and K move between groups, the arrow keys choose the picture to keep, F forgets the others, N says
        that they are no duplicates.
      </p>
      <ol ref={list} className={classes.list} aria-label="Groups">
        {groups.map((group, index) => (
          <li key={group.id}>
            <GroupCard
              group={group}
              keysAre={KEYS}
              place={index + 1}
              total={total}
              hidden={hidden}
              onMove={(step) => {
                focusOn(index + step);
              }}
              onForget={(keep) => {
                setQuestion({ group, keep });
              }}
              onDismiss={() => {
                wanted.current = index;
                dismiss(group);
              }}
            />
          </li>
        ))}
      </ol>
      {hasMore && (
        <div ref={end} className={classes.more}>
          <Button variant="default" loading={loading} onClick={loadMore}>
            Show more groups
          </Button>
        </div>
      )}
      <ForgetDialog
        opened={question !== null}
        pictures={others}
        count={others.length + (question ? question.group.size - question.group.images.length : 0)}
        onClose={() => {
          setQuestion(null);
        }}
        onConfirm={() => {
          if (!question) return;
          setQuestion(null);
          wanted.current = groups.findIndex(({ id }) => id === question.group.id);
          resolve(question.group, question.keep, others);
        }}
      />
    </>
  );
}

/** What of a group is forgotten, as far as it is known and not forgotten already. */
function othersOf({ group, keep }: Question, hidden: ReadonlySet<string>) {
  return group.images.filter(({ id }) => id !== keep && !hidden.has(id));
}
