// Set-up of every test file's process, before it loads anything: a region, and credentials that local engines accept.
import { setLocalDefaults } from '../../infra/local/local-defaults.ts';

process.env.AWS_ACCESS_KEY_ID = 'test';
process.env.AWS_SECRET_ACCESS_KEY = 'test';
delete process.env.AWS_PROFILE;
setLocalDefaults(process.env);
