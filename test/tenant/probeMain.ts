/** `node test/tenant/probeMain.ts FOLDER`: what a probe's folder says, as fixtures for the simulated tenant (JSON). */
import { probeFixtures } from './probe.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder "captured" of a probe.');
process.stdout.write(`${JSON.stringify(probeFixtures(folder), null, 2)}\n`);
