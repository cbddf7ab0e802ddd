import { describe, expect, it } from 'vitest';
import { cell, coordinates, decimals, distance, edge, exact, exactDistance, figure, smallShare } from './number.ts';

describe('numbers', () => {
  it('writes large figures in 万 in Chinese and in millions in English', () => {
    expect(figure(18_676_605, '人', 'zh')).toEqual({ number: '1,867.66', unit: '万人' });
    expect(figure(18_676_605, 'people', 'en')).toEqual({ number: '18.68', unit: 'million people' });
    expect(figure(9_876, '人', 'zh')).toEqual({ number: '9,876', unit: '人' });
  });

  it('shows undefined as a dash and never as zero', () => {
    expect(cell(null, 'integer', 0)).toBe('—');
    expect(cell(Number.NaN, 'number', 2)).toBe('—');
    expect(cell(0, 'integer', 0)).toBe('0');
    expect(figure(null, '人', 'zh').number).toBe('—');
  });

  it('prints shares with two decimals and percent', () => {
    expect(cell(0.6786, 'share', 2)).toBe('67.86%');
  });

  it('never prints a negative zero', () => {
    expect(decimals(-0.001, 2)).toBe('0.00');
    expect(decimals(-1.5, 2)).toBe('-1.50');
  });

  it('changes from metres to kilometres at 1 km', () => {
    expect(distance(800)).toBe('800 m');
    expect(distance(1000)).toBe('1 km');
    expect(distance(2500)).toBe('2.5 km');
  });

  it('never rounds what somebody gave', () => {
    expect([800, 1000, 1350, 1355, 12_345, 22_250].map(exactDistance)).toEqual(['800 m', '1 km', '1.35 km', '1,355 m', '12,345 m', '22.25 km']);
    expect([30, 7.25, 1350].map(exact)).toEqual(['30', '7.25', '1,350']);
  });

  it('tells how small a share is', () => {
    expect([0.000_28, 5.9e-16, 0].map(smallShare)).toEqual(['0.028%', '< 0.001%', '< 0.001%']);
  });

  it('writes class edges without needless digits', () => {
    expect([0.8, 1, 1.25, 12.5, 12345].map(edge)).toEqual(['0.8', '1', '1.25', '12.5', '12,345']);
  });

  it('names the hemispheres', () => {
    expect(coordinates(113.2644, 23.1291)).toBe('113.2644°E  23.1291°N');
    expect(coordinates(-51.2, -30.03)).toBe('51.2000°W  30.0300°S');
  });
});
