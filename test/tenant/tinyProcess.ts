/** A tiny tenant as a process of its own, for the test of {@link serve}. */
import { serve } from './process.ts';
import { deletedUser, tinyDirectory, tinyUser } from './tiny.ts';

if (process.argv[2] === 'fail') process.exit(3);
await serve({ directory: tinyDirectory([tinyUser(1)], [deletedUser(11)]) });
