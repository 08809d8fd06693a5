import { Text } from '@mantine/core';

import type { Picture } from '@/api/models';
import { fileName } from '@/state/reference';
import { formatNumberOf } from '@/text/quantities';

import { ConfirmDialog } from './ConfirmDialog';

interface ForgetDialogProps {
  opened: boolean;
  pictures: readonly Pick<Picture, 'uri'>[];
  /** How many they are, where not all of them are known. */
  count?: number;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before pictures are forgotten, and says what becomes of their files. */
export function ForgetDialog(props: ForgetDialogProps) {
  const { pictures, count = props.pictures.length, ...dialog } = props;
  const uploads = pictures.filter(({ uri }) => uri.startsWith('upload://')).length;
  // Those that are not known may be of either kind.
  const mixed = count > pictures.length || (uploads > 0 && uploads < pictures.length);
  const [first] = pictures;
  const what = count === 1 && first ? fileName(first.uri) : formatNumberOf(count, 'picture');
  return (
    <ConfirmDialog {...dialog} title={`Forget ${count === 1 ? 'this picture' : what}?`} action="Forget">
      <Text style={{ overflowWrap: 'anywhere' }}>
        {what} will not be found any more.{' '}
        {mixed && 'Files in folders stay; those that were uploaded are deleted.'}
        {!mixed && uploads === 0 && 'The file in its folder stays where it is.'}
        {!mixed && uploads > 0 && 'What was uploaded is deleted.'}
        {' You can undo this for a few seconds.'}
      </Text>
    </ConfirmDialog>
  );
}
