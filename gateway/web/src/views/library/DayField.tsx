import { CloseButton, TextInput } from '@mantine/core';

import { useDraft } from '@/components/useDraft';
import { readDay } from '@/text/days';

interface DayFieldProps {
  settled: string;
  onSettled: (day: string) => void;
}

/** The day at which a list begins; taken when it is complete, on Enter, and on leaving the field. */
export function DayField({ settled, onSettled }: DayFieldProps) {
  const [text, setText] = useDraft(settled);
  const settle = () => {
    if (text !== settled && (text === '' || readDay(text))) onSettled(text);
  };
  return (
    <TextInput
      type="date"
      label="Starting on"
      rightSection={
        text && (
          <CloseButton
            size="sm"
            aria-label="Any day"
            onClick={() => {
              setText('');
              onSettled('');
            }}
          />
        )
      }
      value={text}
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
