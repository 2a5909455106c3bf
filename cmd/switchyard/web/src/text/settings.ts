// The words of the settings pages and of the first run; importing this file adds them.

import { addTexts } from '.';

await addTexts((l) => (l === 'ko' ? import('./settings.ko.json') : import('./settings.en.json')));
