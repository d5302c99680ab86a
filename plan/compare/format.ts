/**
 * The number of the form of `plan.json`. It is raised when a change of the form would be misread by an older reader; added
 * members do not count.
 */
export const planFormat = 1;
