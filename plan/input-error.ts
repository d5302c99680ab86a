/** Input that cannot be used, such as a stack file or an argument of the command line: what and where. */
export class InputError extends Error {}
