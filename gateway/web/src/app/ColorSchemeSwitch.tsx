import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useColorScheme } from '@mantine/hooks';
import { IconMoon, IconSun } from '@tabler/icons-react';

/** Switches between light and dark; the system's own scheme is followed again once it is chosen. */
export function ColorSchemeSwitch() {
  const system = useColorScheme('light', { getInitialValueInEffect: false });
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const shown = colorScheme === 'auto' ? system : colorScheme;
  const other = shown === 'light' ? 'dark' : 'light';
  const label = `Switch to ${other} colours`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        size="lg"
        aria-label={label}
        onClick={() => {
          setColorScheme(other === system ? 'auto' : other);
        }}
      >
        {other === 'dark' ? <IconMoon size={20} stroke={1.7} /> : <IconSun size={20} stroke={1.7} />}
      </ActionIcon>
    </Tooltip>
  );
}
