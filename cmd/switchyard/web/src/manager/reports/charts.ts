// The chart library, in one chunk that comes with the first chart that is looked at. Its SVG renderer and the tooltips that it draws itself
// keep to the pages' policy: no inline style, no inline code.

import { BarChart, LineChart, SankeyChart } from 'echarts/charts';
import { AriaComponent, DataZoomComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, SankeyChart, AriaComponent, DataZoomComponent, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export { init };
