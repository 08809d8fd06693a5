import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { collectionsQuery } from '@/api/collections';
import { ApiProblem } from '@/api/problem';
import { explain } from '@/api/remedies';
import { hasEncoder, systemQuery } from '@/api/system';
import { Notice, ProblemNotice } from '@/components/Notice';

import classes from './Banners.module.css';
import { SignIn } from './SignIn';

/** What stands in the way of the whole page: a part that is away, a missing key, untrained weights. */
export function Banners() {
  const { data: system, error: systemProblem, isSuccess: systemKnown } = useQuery(systemQuery);
  const { error: collectionsProblem, isSuccess: collectionsKnown } = useQuery(collectionsQuery);
  const told = systemProblem ?? collectionsProblem;
  // A query without data forgets its problem while it asks again; what is said, and typed, here must stay.
  const [problem, setProblem] = useState(told);
  if (told ? told !== problem : problem && systemKnown && collectionsKnown) setProblem(told);
  if (problem) {
    const unknown = problem instanceof ApiProblem && problem.status === 401;
    return (
      <aside className={classes.banners} aria-label="Notices">
        {unknown ? <SignIn /> : <ProblemNotice problem={problem} />}
      </aside>
    );
  }
  if (!system) return null;
  return (
    <aside className={classes.banners} aria-label="Notices">
      {!hasEncoder(system) && <Notice tone="danger" announce {...noEncoder()} />}
      {system.untrained && (
        <p className={classes.strip}>
          <strong>Untrained weights:</strong> copies and crops are found, but otherwise results follow colour
          and texture, not what is shown. Set <code>LOOKALIKE_WEIGHTS=imagenet</code> for that.
        </p>
      )}
    </aside>
  );
}

function noEncoder() {
  const { title, text } = explain(new ApiProblem(503, 'no_encoder', ''));
  return { title, children: text };
}
