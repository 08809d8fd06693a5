/** Changes of the address: without what is searched with, and without the examples either. */
export const NO_SUBJECT = {
  image: undefined,
  picture: undefined,
  url: undefined,
  crop: undefined,
  open: undefined,
};
export const AFRESH = { ...NO_SUBJECT, like: [], unlike: [] };
