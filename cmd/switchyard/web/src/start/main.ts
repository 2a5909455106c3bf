import '../ui/base.css';
import './start.css';
import { bindSwitch, onLanguage, translate } from '../text';

const write = () => translate(document);
bindSwitch(document.getElementById('language')!);
onLanguage(write);
write();
