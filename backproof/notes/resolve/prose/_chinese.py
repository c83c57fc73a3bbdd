"""Chinese prose in the English words that the rules know, piece by piece and in its own order.

A word that is not in the list stays as it is, and keeps everything near it from being refuted.
What stands behind the formula that it belongs to (*J 对 W 的梯度*: the gradient of J by W) is put before it later, when
the formulas of the clause are known; what then still carries its 的 or 第 counts as not known.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ...find import Block

_SIGNS = str.maketrans(
    {
        "，": ", ",
        "。": ". ",
        "；": "; ",
        "：": ": ",
        "（": " (",
        "）": ") ",
        "、": ", ",
        "！": ". ",
        "？": "? ",
    }
)
# English, then the Chinese words for it; of two that fit the longer one is taken.
_WORDS = """
columns are examples=的每一列是一个样本 的每一列表示一个样本 的每一列为一个样本 的每一列对应一个样本 的每一列代表一个样本 每一列是一个样本 每列是一个样本 每列一个样本 的每列是一个样本 每一列为一个样本 每列为一个样本 每列对应一个样本 每列表示一个样本 的各列是样本 的列是样本 一列一个样本 的每列为一个样本 的每列表示一个样本 的每列对应一个样本 每一列对应一个样本 每一列表示一个样本
rows are examples=的每一行是一个样本 的每一行表示一个样本 的每一行为一个样本 的每一行对应一个样本 的每一行代表一个样本 每一行是一个样本 每行是一个样本 每行一个样本 的每行是一个样本 每一行为一个样本 每行为一个样本 每行对应一个样本 每行表示一个样本 的各行是样本 的行是样本 一行一个样本 的每行为一个样本 的每行表示一个样本 的每行对应一个样本 每一行对应一个样本 每一行表示一个样本
examples arranged in columns=按列排成 按列排列 按列堆叠 样本按列排成 样本按列排列 样本按列堆叠 样本按列组成 样本按列排列成 样本按列存放
examples arranged in rows=按行排成 按行排列 按行堆叠 样本按行排成 样本按行排列 样本按行堆叠 样本按行组成 样本按行排列成 样本按行存放
elementwise=逐元素 按元素 逐个元素 逐元素地 逐分量 按分量
acts elementwise=逐元素作用 按元素作用 逐元素应用
elementwise product=逐元素相乘 逐元素乘积 逐元素乘法 按元素相乘 按元素乘积 按元素乘法 对应元素相乘 逐元素乘 哈达玛积 逐元素的乘积 逐元素积 按元素乘
matrix product=矩阵乘法 矩阵相乘 矩阵乘积 矩阵的乘法
multiplication=乘法
product=相乘 乘积 的乘积
same shape=同形 形状相同 同样形状 相同形状 相同的形状
shape=形状 维度 的形状 的维度
is its derivative=是它的导数 是其导数 为其导数 是它的导函数 是其导函数
one-hot=独热 独热编码 独热向量
mean=均值 平均 平均值 的平均 的平均值 的均值 求平均
sum=之和 总和 的和 求和 的总和 加和
cross-entropy=交叉熵 交叉熵误差
binary cross-entropy=二元交叉熵 二分类交叉熵
cross-entropy loss=交叉熵损失 交叉熵损失函数
loss=损失 误差函数
loss function=损失函数
cost=代价 总代价 成本
cost function=代价函数 成本函数 总代价函数
error=误差
objective=目标函数
squared error=平方误差
mean squared error=均方误差
variance=方差
standard deviation=标准差
row vector=行向量
column vector=列向量
vector=向量
matrix=矩阵
matrices=的矩阵
scalar=标量
real number=实数 任意实数 任意的实数 数
everything is a number=所有量都是标量 所有变量都是标量 所有量均为标量 所有变量均为标量 全部都是标量 所有的量都是标量 一切都是标量
numbers=都是标量 均为标量
entry=元素 分量 的元素 各元素
loss of the example=样本的损失 该样本的损失 每个样本的损失 单个样本的损失
each column=每一列 每列 各列
each row=每一行 每行 各行
rows=行
columns=列
transpose=转置 的转置
diagonal=对角 对角矩阵
symmetric=对称
probability=概率
normalized=归一化
corresponding=相应 对应
constant=常数 常量
constants=均为常数
independent=独立
function=函数 的函数
activation function=激活函数 的激活函数
hyperbolic tangent=双曲正切 双曲正切函数
sigmoid function=逻辑函数
model=模型
neural network=神经网络
network=网络
two-layer network=两层网络 两层神经网络 双层网络
layer=层 的层
hidden layer=隐藏层 隐层 隐含层
output layer=输出层 的输出层
output=输出 的输出
input=输入 的输入
inputs=输入为
weight=权重 权值
bias=偏置 偏差 偏置项
parameters=参数 的参数
learning rate=学习率
units=神经元 单元 个神经元 个单元 节点 个节点
examples=个样本 样本 训练样本 个训练样本 所有样本 样例
single example=单个样本 单个样本的 每个样本 一个样本
data=数据
label=标签 真实标签 的标签
true value=真实值 目标值
prediction=预测值 预测 的预测值
class=类别 类
classes=个类别 个类
value=值 的值
score=得分 分数
chain rule=链式法则 链式求导法则 根据链式法则 由链式法则
forward=前向传播 正向传播 前向
backpropagation=反向传播 的反向传播 误差反向传播
gradient descent=梯度下降 梯度下降法
vectorised=向量化 向量化的
update=更新 更新公式
formula=公式 式子
notation=符号约定 约定 符号 记号 记法
where=其中 式中
here=这里 此处 在这里
let=设 令 记 假定
suppose=假设
if=若 如果
when=当 时
then=则 那么
hence=因此 所以 于是 故 从而 因而 可得 得到 得 可以得到 我们得到 我们有 则有 即得 整理得
since=由于 因为
that is=即 也就是 亦即
by=对 关于 由 根据 按照
is=是 为 等于 都是 均为 就是 为：
denotes=表示 代表 指 记为 记作
and=和 与 以及 及 并且 且
has=有 具有 含有 共 共有
each=每个 每一个 各 每
all=所有 全部 都 均
any=任意 任意的
a=一个 某个 一
of=的
this=该 这 这个 此 上述
its=其 它的 其中的 它
we=我们
use=使用 采用 用 利用 取
consider=考虑 对于 看
derive=求 推导 求导 计算 证明 下面 以下 如下 求得 推导过程 第一步 第二步 第三步 第一 第二 首先 然后 接着 最后 再
composed=组成 组成的 构成 构成的
in=在 中 里 上 下
added to each column=加到每一列 加到每列 加到所有列上 加到每一列上
added to each row=加到每一行 加到每行 加到每一行上
count=个数 数目 数量
simple=单 括号 英文 注释 注 简单 简单的 常用 常用的 常见 通常 一般的
the=个
第=第
while=而
is not=不是 并不是 并非
not=不 非 没有 无 并不
four=四
two=两 两个 二
three=三 三个
"""
_ENGLISH: dict[str, str] = {}
for _line in _WORDS.strip().splitlines():
    _word, _, _signs = _line.partition("=")
    _ENGLISH.update(dict.fromkeys(_signs.split(), _word))
_ANY = re.compile("|".join(map(re.escape, sorted(_ENGLISH, key=len, reverse=True))))
_BEHIND = re.compile(r"(?<![它其])的(偏导数?|导数|梯度|函数)(?!下降)")
_MARKED = {
    "偏导数": "的derivative",
    "偏导": "的derivative",
    "导数": "的derivative",
    "梯度": "的gradient",
    "函数": "的function",
}
_ACTING = re.compile(
    r"(?:逐元素|按元素)(?:作用|应用)?的 ?(sigmoid|tanh|relu|logistic|双曲正切) ?(?:函数)?", re.I
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_RUN = re.compile(r"[\u3400-\u9fff]+")
_LOSS = r"(⟦[LEQ]\d+⟧|(?:cost|loss|objective)(?: function)?)"
_ORDERS = [
    (
        re.compile(
            r"(⟦[GQ]\d+⟧(?:(?:, | and )⟦[GQ]\d+⟧)*) of each column is (?:this )?loss of the example by "
            r"(⟦Q\d+⟧(?:(?:, | and )⟦Q\d+⟧)*) (?:of )?(?:corresponding )?(?:each )?columns? 的gradient"
        ),
        r"each column of \1 is the gradient of the loss of that example with respect to the corresponding column of \2",
    ),
    (re.compile(r"(⟦Q\d+⟧) ?(?:of )?第 (⟦I\d+⟧) (column|row)s"), r"\3 \2 of \1"),
    (re.compile(r"(⟦[GQ]\d+⟧) ?of 第 (⟦I\d+⟧) (column|row)s"), r"\3 \2 of \1"),
    (
        re.compile(_LOSS + r" by ((?:column ⟦I\d+⟧ of )?⟦[QF]\d+⟧) ?的(gradient|derivative)"),
        r"the \3 of \1 with respect to \2",
    ),
    (re.compile(r"(⟦[FQ]\d+⟧) 的derivative"), r"the derivative of \1"),
    (re.compile(r"(⟦[LEFQ]\d+⟧) is ((?:⟦[QFV]\d+⟧(?:, | and )?)+) ?的function"), r"\1 is a function of \2"),
    (re.compile(r"第 (⟦I\d+⟧) layer"), r"layer \1"),
    (re.compile(r"第 (⟦I\d+⟧) (?:the )?example"), r"example \1"),
]


def in_english(block: Block) -> Block:
    """The block with the Chinese words that are known put into English."""
    if not any(isinstance(p, str) and not p.isascii() and _HAN.search(p) for p in block.pieces):
        return block
    return replace(block, pieces=tuple(_english(p) if isinstance(p, str) else p for p in block.pieces))


def in_order(clause: str) -> str:
    """What stands behind a formula in Chinese put before it, as English does.

    Examples
    --------
    >>> in_order("⟦G0⟧ is ⟦L1⟧ by ⟦Q2⟧ 的gradient")
    '⟦G0⟧ is the gradient of ⟦L1⟧ with respect to ⟦Q2⟧'
    """
    if "的" in clause or "第" in clause:
        for pattern, order in _ORDERS:
            clause = pattern.sub(order, clause)
    return clause


def _english(piece: str) -> str:
    """One stretch between two formulas.

    Examples
    --------
    >>> _english(" 是逐元素作用的 sigmoid 函数。其中 ")
    ' is the sigmoid function, applied elementwise. where '
    >>> _english("是酉矩阵")
    ' is 酉 matrix '
    """
    text = _ACTING.sub(_acting, piece.translate(_SIGNS))
    text = _RUN.sub(_run, text)
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\s+([,.;:)])", r"\1", text))


def _acting(match: re.Match[str]) -> str:
    name = match[1].lower().replace("双曲正切", "hyperbolic tangent")
    return f"the {name} function, applied elementwise"


def _run(match: re.Match[str]) -> str:
    """The words of a run of characters; what is not in the list stays."""
    marked = _BEHIND.sub(lambda m: f" {_MARKED[m[1]]} ", match.group())
    return (
        " "
        + re.sub(r"[^\sa-z]+(?![a-z])", lambda m: _ANY.sub(lambda w: f" {_ENGLISH[w[0]]} ", m[0]), marked)
        + " "
    )
