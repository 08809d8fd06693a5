import { useQuery } from '@tanstack/react-query';

import { ApiProblem } from '@/api/problem';
import { explain } from '@/api/remedies';
import { systemQuery } from '@/api/system';
import { Notice, ProblemNotice } from '@/components/Notice';

import classes from './Banners.module.css';
import { SignIn } from './SignIn';

/** What stands in the way of the whole page: a part that is away, a missing key, untrained weights. */
export function Banners() {
  const { data: system, error } = useQuery(systemQuery);
  if (error instanceof ApiProblem && error.status === 401) {
    return (
      <div className={classes.banners}>
        <SignIn />
      </div>
    );
  }
  if (error) {
    return (
      <div className={classes.banners}>
        <ProblemNotice problem={error} />
      </div>
    );
  }
  if (!system) return null;
  const encoders = system.workers.filter(({ queue }) => queue === 'query');
  return (
    <div className={classes.banners}>
      {encoders.length === 0 && <Notice tone="danger" announce {...noEncoder()} />}
      {system.untrained && (
        <p className={classes.strip}>
          <strong>Untrained weights.</strong> Pictures still find themselves, their crops and copies, and things of
          like colour and texture, but not of like meaning. Set <code>LOOKALIKE_WEIGHTS</code> to <code>imagenet</code>{' '}
          or to a file of trained weights.
        </p>
      )}
    </div>
  );
}

function noEncoder() {
  const { title, text } = explain(new ApiProblem(503, 'no_encoder', ''));
  return { title, children: text };
}
