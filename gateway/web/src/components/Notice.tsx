import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { explain } from '@/api/remedies';

import classes from './Notice.module.css';

interface NoticeProps {
  tone?: 'calm' | 'warning' | 'danger';
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Whether a screen reader should read it out when it appears. */
  announce?: boolean;
}

/** What is the matter, and what to do about it. */
export function Notice({ tone = 'calm', title, children, action, announce = false }: NoticeProps) {
  const Icon = tone === 'calm' ? IconInfoCircle : IconAlertTriangle;
  return (
    <div className={classes.notice} data-tone={tone} {...(announce ? { role: 'alert' } : {})}>
      <Icon className={classes.icon} size={20} stroke={1.8} aria-hidden />
      <div className={classes.words}>
        <strong className={classes.title}>{title}</strong>
        {children && <div className={classes.text}>{children}</div>}
      </div>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}

/** An error as a notice. */
export function ProblemNotice({ problem, action }: { problem: unknown; action?: ReactNode }) {
  const { title, text } = explain(problem);
  return (
    <Notice tone="danger" title={title} action={action} announce>
      {text}
    </Notice>
  );
}
