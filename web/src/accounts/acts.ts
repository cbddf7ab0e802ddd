import { titled } from '../i18n/index.ts';

/** What stands in the record, in words: method and path of the interface, Chinese, English. */
const ACTS: Record<string, [zh: string, en: string]> = {
  'GET /health/live': ['服务状态', 'Health'],
  'GET /health/ready': ['服务状态', 'Health'],
  'GET /metrics': ['运行指标', 'Metrics'],
  'GET /api/openapi.json': ['接口说明', 'Interface description'],
  'GET /api/docs': ['接口说明', 'Interface description'],
  'GET /api/session': ['查看登录状态', 'Who is signed in'],
  'POST /api/session': ['登录', 'Sign in'],
  'DELETE /api/session': ['退出登录', 'Sign out'],
  'GET /api/session/provider': ['前往统一身份认证', 'Leave for the identity provider'],
  'GET /api/session/provider/return': ['统一身份认证登录', 'Sign in by the identity provider'],
  'POST /api/invitation': ['用邀请码设密码', 'Accept an invitation'],
  'PUT /api/session/password': ['修改密码', 'Change the password'],
  'POST /api/session/second_factor': ['申请动态口令', 'Ask for a second factor'],
  'PUT /api/session/second_factor': ['启用动态口令', 'Confirm a second factor'],
  'GET /api/tokens': ['查看接口令牌', 'List tokens'],
  'POST /api/tokens': ['新建接口令牌', 'Make a token'],
  'DELETE /api/tokens/{id}': ['撤销接口令牌', 'Revoke a token'],
  'GET /api/users': ['查看账户', 'List accounts'],
  'POST /api/users': ['新建账户', 'Make an account'],
  'PATCH /api/users/{name}': ['修改账户', 'Change an account'],
  'POST /api/users/{name}/reset': ['重置账户', 'Reset an account'],
  'PUT /api/grants/{name}': ['授权', 'Grant roles'],
  'GET /api/policy': ['查看安全策略', 'See the policy'],
  'PUT /api/policy': ['修改安全策略', 'Change the policy'],
  'GET /api/protection': ['查看统计保护', 'See the protection'],
  'POST /api/protection/key': ['设定 k 与密钥', 'Set k and the key'],
  'POST /api/protection/rotation': ['更换密钥', 'Rotate the key'],
  'GET /api/audit': ['查看审计记录', 'Search the record'],
  'GET /api/audit/export': ['导出审计记录', 'Export the record'],
  'GET /api/audit/check': ['校验审计记录', 'Verify the record'],
  'GET /api/city': ['打开城市', 'Open the city'],
  'GET /api/events': ['接收更新通知', 'Listen for changes'],
  'GET /api/timetable': ['查看运营时间', 'Hours of service'],
  'GET /api/terms': ['查看术语', 'Terms'],
  'GET /api/layers': ['查看图层', 'List layers'],
  'GET /api/layers/{layer}': ['查看图层', 'See a layer'],
  'GET /api/layers/{layer}/features': ['查看要素表', 'List features'],
  'GET /api/layers/{layer}/features/{id}': ['查看要素', 'See a feature'],
  'GET /api/layers/{layer}/values/{attribute}': ['查看数值分布', 'Values of an attribute'],
  'GET /api/layers/{layer}/download': ['下载图层', 'Download a layer'],
  'GET /api/layers/{layer}/template': ['下载模板', 'Download a template'],
  'GET /api/areas': ['单元合计', 'Areas'],
  'GET /api/areas/{code}': ['查看单元', 'See an area'],
  'GET /api/calibers': ['人口口径', 'Calibers of population'],
  'GET /api/search': ['搜索', 'Search'],
  'POST /api/layers/{layer}/features': ['新建要素', 'Create a feature'],
  'PATCH /api/layers/{layer}/features/{id}': ['修改要素', 'Change a feature'],
  'DELETE /api/layers/{layer}/features/{id}': ['删除要素', 'Remove a feature'],
  'GET /api/layers/{layer}/features/{id}/history': ['查看编辑历史', 'History of a feature'],
  'POST /api/layers/{layer}/features/{id}/undo': ['撤销编辑', 'Undo an edit'],
  'POST /api/edits': ['批量编辑', 'Batch of edits'],
  'GET /api/faults': ['外部编辑的错误', 'Faults of outside edits'],
  'POST /api/statistics': ['框选统计', 'Statistics of a polygon'],
  'GET /api/balance': ['职住平衡', 'Job-housing balance'],
  'GET /api/balance_report': ['职住平衡报告', 'Balance report'],
  'GET /api/change': ['时点对比', 'Change between dates'],
  'POST /api/change': ['时点对比', 'Change between dates'],
  'GET /api/commute': ['通勤', 'Commuting'],
  'GET /api/flows': ['通勤流', 'Flows'],
  'POST /api/catchments': ['可达范围', 'Catchments'],
  'GET /api/station_areas': ['站点周边', 'Station areas'],
  'GET /api/station_coverage': ['站点覆盖', 'Station coverage'],
  'POST /api/station_change': ['站点变动对比', 'Change of stations'],
  'GET /api/coverage': ['覆盖率', 'Coverage'],
  'GET /api/gaps': ['服务缺口', 'Service gaps'],
  'GET /api/gaps/blind_spots': ['服务盲区', 'Blind spots'],
  'GET /api/school_places': ['学位供需', 'School places'],
  'GET /api/zoning': ['布局分区', 'Layout classes'],
  'POST /api/zoning': ['布局分区试算', 'Try layout classes'],
  'GET /api/plan': ['规划指标', 'Plan targets'],
  'POST /api/travel_times': ['出行时间', 'Travel times'],
  'POST /api/access': ['可达性', 'Access'],
  'POST /api/siting': ['选址', 'Siting'],
  'GET /api/reports/{kind}': ['生成报告', 'Make a report'],
  'GET /api/jobs/{job}': ['查看计算进度', 'Progress of a computation'],
  'DELETE /api/jobs/{job}': ['停止计算', 'Stop a computation'],
  'GET /api/jobs/{job}/answer': ['取计算结果', 'Answer of a computation'],
  'GET /api/jobs/{job}/events': ['查看计算进度', 'Progress of a computation'],
  'GET /api/norms': ['查看标准', 'Norms'],
  'GET /api/norms/{id}': ['查看标准', 'See a norm set'],
  'PUT /api/norms/{id}': ['修改标准', 'Change a norm set'],
  'DELETE /api/norms/{id}': ['删除标准', 'Remove a norm set'],
  'GET /api/zoning/rules': ['查看分区规则', 'Rules of layout classes'],
  'PUT /api/zoning/rules/{id}': ['修改分区规则', 'Change rules of layout classes'],
  'DELETE /api/zoning/rules/{id}': ['删除分区规则', 'Remove rules of layout classes'],
  'GET /api/zoning/overrides': ['查看人工分区', 'Classes set by hand'],
  'PUT /api/zoning/overrides/{code}': ['人工指定分区', 'Set a class by hand'],
  'DELETE /api/zoning/overrides/{code}': ['取消人工分区', 'Take back a class set by hand'],
  'GET /api/scenarios': ['查看方案', 'List scenarios'],
  'POST /api/scenarios': ['新建方案', 'Make a scenario'],
  'GET /api/scenarios/{id}': ['查看方案', 'See a scenario'],
  'PATCH /api/scenarios/{id}': ['修改方案', 'Change a scenario'],
  'DELETE /api/scenarios/{id}': ['删除方案', 'Remove a scenario'],
  'POST /api/scenarios/{id}/edits': ['编辑方案', 'Edit a scenario'],
  'PATCH /api/scenarios/{id}/edits/{number}': ['修改方案中的编辑', 'Change an edit of a scenario'],
  'DELETE /api/scenarios/{id}/edits/last': ['撤销方案中的编辑', 'Undo in a scenario'],
  'POST /api/scenarios/{id}/redo': ['重做方案中的编辑', 'Redo in a scenario'],
  'GET /api/scenarios/{id}/compare': ['方案对比', 'Compare a scenario'],
  'POST /api/scenarios/{id}/compare': ['方案对比', 'Compare a scenario'],
  'GET /tiles/{layer}/{z}/{x}/{y}': ['浏览地图', 'Look at the map'],
  'GET /tiles/{name}': ['地图说明', 'Description of tiles'],
  'GET /styles/{name}': ['地图样式', 'Style of the map'],
};

/** What is done on the machine itself, as it is called there. */
const MACHINE: Record<string, [zh: string, en: string]> = {
  import: ['导入（命令）', 'Import (command)'],
  export: ['导出（命令）', 'Export (command)'],
  settings: ['修改设置（命令）', 'Settings (command)'],
  copy: ['复制城市（命令）', 'Copy the city (command)'],
  report: ['生成报告（命令）', 'Make a report (command)'],
  'protect publish': ['发布保护数据（命令）', 'Publish protected data (command)'],
  'protect retire': ['停用旧密钥（命令）', 'Retire the old key (command)'],
  'scenario new': ['新建方案（命令）', 'Make a scenario (command)'],
  'scenario add': ['编辑方案（命令）', 'Edit a scenario (command)'],
  'scenario undo': ['撤销方案中的编辑（命令）', 'Undo in a scenario (command)'],
  'scenario redo': ['重做方案中的编辑（命令）', 'Redo in a scenario (command)'],
  'scenario delete': ['删除方案（命令）', 'Remove a scenario (command)'],
  'accounts init': ['建立三员账户（命令）', 'Make the three administrators (command)'],
  'accounts add': ['新建账户（命令）', 'Make an account (command)'],
  'accounts grant': ['授权（命令）', 'Grant roles (command)'],
  'accounts revoke': ['收回授权（命令）', 'Take back grants (command)'],
  'accounts reset': ['重置账户（命令）', 'Reset an account (command)'],
  'accounts lock': ['锁定账户（命令）', 'Lock an account (command)'],
  'accounts unlock': ['解锁账户（命令）', 'Unlock an account (command)'],
  'accounts token': ['新建接口令牌（命令）', 'Make a token (command)'],
  'accounts copy': ['复制账户（命令）', 'Copy the accounts (command)'],
  'accounts policy': ['修改安全策略（命令）', 'Change the policy (command)'],
  'audit export': ['导出审计记录（命令）', 'Export the record (command)'],
  'audit prune': ['清理审计记录（命令）', 'Prune the record (command)'],
};

/** What was done, in words; what has none stands as it was called. */
export function actTitle(act: string): string {
  const words = ACTS[act] ?? MACHINE[act];
  return words === undefined ? act : titled({ zh: words[0], en: words[1] });
}

/** How it ended: done, refused for a reason, or failed. */
export function outcomeOf(outcome: string): 'done' | 'refused' | 'failed' {
  if (/^5|^failed|^dropped/.test(outcome)) return 'failed';
  return /^4/.test(outcome) ? 'refused' : 'done';
}

export const knownActs = (): string[] => Object.keys(ACTS);

/** What can be sought, each with words that no other act has. */
export function soughtActs(): { act: string; words: string }[] {
  const acts = [...knownActs(), ...Object.keys(MACHINE)];
  const titles = acts.map(actTitle);
  return acts.map((act, at) => ({ act, words: titles.indexOf(titles[at]!) === titles.lastIndexOf(titles[at]!) ? titles[at]! : `${titles[at]} · ${act}` }));
}

/** The act that was typed in words; what is no act's words is sought as it stands. */
export function actOf(typed: string): string {
  const text = typed.trim();
  const acts = soughtActs();
  const close = acts.filter(({ words }) => words.includes(text));
  return acts.find(({ words }) => words === text)?.act ?? (text && close.length === 1 ? close[0]!.act : text);
}

/** How outcomes begin in the record, by what they mean. */
export const OUTCOMES = [
  ['2', 'audit_done'],
  ['4', 'audit_refused'],
  ['5', 'audit_failed'],
  ['done', 'audit_done_machine'],
  ['failed', 'audit_failed_machine'],
] as const;

/** Where a day begins or ends for the reader, as the server takes it: whole seconds. */
export function edgeOf(day: string, edge: 'begin' | 'end'): string {
  const at = new Date(`${day}T00:00:00`);
  // What is no day is told by the server.
  if (Number.isNaN(at.getTime())) return day;
  if (edge === 'end') at.setDate(at.getDate() + 1);
  return at.toISOString().replace('.000Z', 'Z');
}
