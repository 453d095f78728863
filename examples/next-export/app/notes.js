export const NOTES = {
  moss: "Grows on the north side, except where it does not.",
  lichen: "Two beings that agreed to be one.",
};
