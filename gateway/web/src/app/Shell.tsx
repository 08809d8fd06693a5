import { useWindowEvent } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';

import { UndoNotice } from '@/components/UndoNotice';
import { decisions } from '@/state/decisions';
import { LiveJobsProvider } from '@/state/liveJobs';

import { Banners } from './Banners';
import { Header } from './Header';
import { NotFound } from './NotFound';
import { PATHS } from './paths';
import classes from './Shell.module.css';

const SearchView = lazy(() => import('@/views/search/SearchView'));
const LibraryView = lazy(() => import('@/views/library/LibraryView'));
const SystemView = lazy(() => import('@/views/system/SystemView'));
const KeysView = lazy(() => import('@/views/keys/KeysView'));
const DuplicatesView = lazy(() => import('@/views/duplicates/DuplicatesView'));
const JobsView = lazy(() => import('@/views/jobs/JobsView'));

export function Shell() {
  useWindowEvent('pagehide', () => {
    void decisions.flush();
  });
  return (
    <LiveJobsProvider>
      <a className={classes.skip} href="#content">
        Skip to content
      </a>
      <Header />
      <UndoNotice />
      <Banners />
      <main id="content" className={classes.content} tabIndex={-1}>
        <Suspense fallback={<p className={classes.waiting}>Loading the page…</p>}>
          <Switch>
            <Route path={PATHS.search} component={SearchView} />
            <Route path={PATHS.library} component={LibraryView} />
            <Route path={PATHS.duplicates} component={DuplicatesView} />
            <Route path={PATHS.jobs} component={JobsView} />
            <Route path={PATHS.system} component={SystemView} />
            <Route path={PATHS.keys} component={KeysView} />
            <Route path="/search">
              <Redirect to={PATHS.search} replace />
            </Route>
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </main>
    </LiveJobsProvider>
  );
}
