import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState } from 'react';

import { useDismiss, useResolve } from '@/api/duplicates';
import type { DuplicateGroup } from '@/api/models';
import { ForgetDialog } from '@/components/ForgetDialog';
import { ProblemNotice } from '@/components/Notice';
import { formatNumberOf } from '@/text/quantities';

import classes from './GroupList.module.css';
import { GroupCard } from './GroupCard';

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
  const dismiss = useDismiss(collection);
  const resolve = useResolve(collection);

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

  const decided = (index: number, message: string) => {
    wanted.current = index;
    notifications.show({ message });
  };
  const indexOf = (group: DuplicateGroup) => groups.findIndex(({ id }) => id === group.id);
  const others = question?.group.images.filter(({ id }) => id !== question.keep) ?? [];
  return (
    <>
      {dismiss.error && <ProblemNotice problem={dismiss.error} />}
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
              pending={dismiss.isPending && dismiss.variables.id === group.id}
              onMove={(step) => {
                focusOn(index + step);
              }}
              onForget={(keep) => {
                resolve.reset();
                setQuestion({ group, keep });
              }}
              onDismiss={() => {
                const at = indexOf(group);
                dismiss.mutate(group, {
                  onSuccess: () => {
                    decided(at, 'These are no duplicates; they are not shown together again.');
                  },
                });
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
        count={question ? question.group.size - 1 : 0}
        undoable={false}
        pending={resolve.isPending}
        problem={resolve.error}
        onClose={() => {
          setQuestion(null);
        }}
        onConfirm={() => {
          if (!question) return;
          const at = indexOf(question.group);
          resolve.mutate(question, {
            onSuccess: ({ deleted }) => {
              setQuestion(null);
              decided(at, `${formatNumberOf(deleted, 'picture')} forgotten.`);
            },
          });
        }}
      />
    </>
  );
}
