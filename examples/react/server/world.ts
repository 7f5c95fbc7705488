/** The clock: read here and nowhere else. */
export const now = () => new Date();
