import type { Examples, Side } from '@/api/models';

/** The examples after a picture is marked: it changes sides, or is none any more. */
export function marked({ like, unlike }: Examples, id: string, side: Side): Examples {
  const without = (ids: readonly string[]) => ids.filter((one) => one !== id);
  const toggled = (ids: readonly string[], here: boolean) =>
    here && !ids.includes(id) ? [...ids, id] : without(ids);
  return { like: toggled(like, side === 'like'), unlike: toggled(unlike, side === 'unlike') };
}

export function anyExample({ like, unlike }: Examples): boolean {
  return like.length + unlike.length > 0;
}

/** The side on which a picture is an example. */
export function sideOf({ like, unlike }: Examples, id: string): Side | null {
  return like.includes(id) ? 'like' : unlike.includes(id) ? 'unlike' : null;
}
