/** `npm start`: the story of one night, told in a terminal. */
import { messageOf } from '../../lib/errors.ts';
import { whyNoSamba } from '../onprem/sambaServer.ts';
import { HELP, readOptions } from './options.ts';
import { createScreen } from './screen.ts';
import { tellStory } from './story.ts';

const asked = readOptions(process.argv.slice(2), whyNoSamba);
if ('help' in asked) {
  process.stdout.write(`${HELP}\n`);
} else if ('mistake' in asked) {
  process.stderr.write(`${asked.mistake}\n`);
  process.exitCode = 2;
} else {
  try {
    const surprises = await tellStory(asked.options, createScreen(process.stdout));
    if (surprises.length > 0) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`\nThe demo ended early: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
