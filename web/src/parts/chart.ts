/** Horizontal bars with ECharts, of which only these parts are fetched, when a chart is first shown. */
import { BarChart as Bars } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { decimals } from '../format/number.ts';
import { PAGE_FONT } from '../map/fonts.ts';
import { ACCENT } from '../map/ground.ts';

use([Bars, GridComponent, TooltipComponent, SVGRenderer]);

export interface Bar {
  name: string;
  share: number;
  label: string;
}

export interface BarChart {
  show(bars: Bar[]): void;
  dispose(): void;
}

export function createBarChart(element: HTMLElement): BarChart {
  const chart = init(element, undefined, { renderer: 'svg' });
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  return {
    show(bars) {
      const text = { fontFamily: PAGE_FONT, fontSize: 11, color: '#5b6167' };
      chart.setOption({
        animation: false,
        grid: { left: 76, right: 52, top: 2, bottom: 2 },
        tooltip: {
          appendTo: 'body',
          textStyle: { fontFamily: PAGE_FONT, fontSize: 12 },
          formatter: (found: { dataIndex: number }) => `${bars[found.dataIndex]!.name}  ${bars[found.dataIndex]!.label}`,
        },
        xAxis: { type: 'value', show: false, min: 0 },
        yAxis: {
          type: 'category',
          inverse: true,
          data: bars.map((bar) => bar.name),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: text,
        },
        series: [
          {
            type: 'bar',
            barWidth: 10,
            itemStyle: { color: ACCENT },
            data: bars.map((bar) => bar.share),
            label: { show: true, position: 'right', ...text, formatter: (found: { value: unknown }) => `${decimals(Number(found.value) * 100, 1)}%` },
          },
        ],
      });
    },
    dispose() {
      resized.disconnect();
      chart.dispose();
    },
  };
}
