import type { Crop } from '@/api/models';

import classes from './QueryPane.module.css';

/** The picture that was searched with, as it is shown beside a hit. */
export interface QueryPicture {
  src: string;
  name: string;
  /** The part that was searched by. */
  crop?: Crop | undefined;
}

/** The picture searched with, its part marked, to be compared with the hit beside it. */
export function QueryPane({ src, name, crop }: QueryPicture) {
  return (
    <figure className={classes.pane}>
      <div className={classes.frame}>
        <img className={classes.picture} src={src} alt={`Searched with: ${name}`} draggable={false} />
        {crop && <span className={classes.part} style={percent(crop)} />}
      </div>
      <figcaption className={classes.caption}>Searched with: {name}</figcaption>
    </figure>
  );
}

function percent({ x, y, width, height }: Crop) {
  return {
    left: `${x * 100}%`,
    top: `${y * 100}%`,
    width: `${width * 100}%`,
    height: `${height * 100}%`,
  };
}
