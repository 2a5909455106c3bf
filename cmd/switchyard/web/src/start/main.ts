import '../ui/base.css';
import '../text/console';
import './start.css';
import { bindSwitch, onLanguage, translate } from '../text';
import { applyTheme } from '../ui/theme';

applyTheme();

const write = () => translate(document);
bindSwitch(document.getElementById('language')!);
onLanguage(write);
write();
